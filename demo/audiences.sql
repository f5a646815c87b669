-- Audiences: one table per campaign, made anew from the warehouse's contacts and events.
-- The tables' primary keys become the keys of the Responsys tables (with the campaign's id beside them).
-- "Now" is the last event that has arrived, so that old data gives the same audiences on any day.

CREATE SCHEMA IF NOT EXISTS audiences;

DROP VIEW IF EXISTS audiences.recent_clicks CASCADE;
CREATE VIEW audiences.recent_clicks AS
SELECT contact."CUSTOMER_ID_" AS customer_id,
       contact."EMAIL_ADDRESS_" AS email_address,
       click."EVENT_CAPTURED_DT" AS clicked_at,
       click."OFFER_NAME" AS offer_name
FROM responsys.click AS click
JOIN responsys.contacts AS contact ON contact."RIID_" = click."RIID"
WHERE contact."EMAIL_PERMISSION_STATUS_" = 'I'
  AND contact."CUSTOMER_ID_" IS NOT NULL
  AND click."EVENT_CAPTURED_DT" > (SELECT max("EVENT_CAPTURED_DT") - INTERVAL '7 days' FROM responsys.click);

-- Store locator: opted in, and clicked in the last seven days.
DROP TABLE IF EXISTS audiences.store_locator;
CREATE TABLE audiences.store_locator AS
SELECT customer_id,
       max(email_address) AS email_address,
       count(*) AS clicks,
       max(clicked_at) AS last_click_at
FROM audiences.recent_clicks
GROUP BY customer_id;
ALTER TABLE audiences.store_locator ADD PRIMARY KEY (customer_id);

-- The shop stands beside Responsys in a real warehouse; here it is a dozen products, and what somebody
-- who clicked has put into the cart follows from the customer's id: two to four products.
CREATE SCHEMA IF NOT EXISTS shop;
DROP TABLE IF EXISTS shop.products CASCADE;
CREATE TABLE shop.products AS
SELECT number,
       'SKU-' || lpad(number::text, 4, '0') AS sku,
       product_name,
       round((9.9 + 17.35 * number)::numeric, 2) AS price,
       'https://shop.example.com/images/sku-' || lpad(number::text, 4, '0') || '.jpg' AS image_url
FROM unnest(ARRAY[
    'Trail shoe', 'Rain jacket', 'Day pack, 20 l', 'Camp stove', 'Head torch', 'Wool hat',
    'Sleeping bag "Nord"', 'Tent for two', 'Flask', 'Map case', 'Trekking poles', 'Fleece'
]) WITH ORDINALITY AS product (product_name, number);

-- Abandoned cart: several products for each person.
DROP TABLE IF EXISTS audiences.abandoned_cart;
CREATE TABLE audiences.abandoned_cart AS
SELECT DISTINCT customer.customer_id,
       product.sku,
       customer.email_address,
       product.product_name,
       product.price,
       product.image_url
FROM audiences.store_locator AS customer
CROSS JOIN generate_series(0, 3) AS item
JOIN shop.products AS product
  ON product.number = 1 + (abs(hashtext(customer.customer_id)::bigint) + 5 * item) % 12
WHERE item < 2 + abs(hashtext(customer.customer_id)::bigint) % 3;
ALTER TABLE audiences.abandoned_cart ADD PRIMARY KEY (customer_id, sku);

-- Abandoned browse: the offer somebody looked at last.
DROP TABLE IF EXISTS audiences.abandoned_browse;
CREATE TABLE audiences.abandoned_browse AS
SELECT DISTINCT ON (customer_id) customer_id, email_address, offer_name, clicked_at AS browsed_at
FROM audiences.recent_clicks
WHERE offer_name IS NOT NULL
ORDER BY customer_id, clicked_at DESC, offer_name;
ALTER TABLE audiences.abandoned_browse ADD PRIMARY KEY (customer_id);
