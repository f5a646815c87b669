-- The shop that stands beside Responsys in a real warehouse. Here it is a dozen products, and what somebody who clicked
-- has put into the cart follows from the customer's id: two to four products.

CREATE SCHEMA IF NOT EXISTS shop;

CREATE OR REPLACE VIEW shop.products AS
SELECT 'SKU-' || lpad(number::text, 4, '0') AS sku,
       number,
       product_name,
       round((9.9 + 17.35 * number)::numeric, 2) AS price,
       'https://shop.example.com/images/sku-' || lpad(number::text, 4, '0') || '.jpg' AS image_url
FROM unnest(ARRAY[
    'Trail shoe', 'Rain jacket', 'Day pack, 20 l', 'Camp stove', 'Head torch', 'Wool hat',
    'Sleeping bag "Nord"', 'Tent for two', 'Flask', 'Map case', 'Trekking poles', 'Fleece'
]) WITH ORDINALITY AS product (product_name, number);

DROP TABLE IF EXISTS shop.cart_items CASCADE;
CREATE TABLE shop.cart_items AS
WITH visits AS (
    SELECT contact."CUSTOMER_ID_" AS customer_id,
           abs(hashtext(contact."CUSTOMER_ID_")::bigint) AS number,
           max(click."EVENT_CAPTURED_DT") AS visited_at
    FROM responsys.click AS click
    JOIN responsys.contacts AS contact ON contact."RIID_" = click."RIID"
    WHERE contact."CUSTOMER_ID_" IS NOT NULL
    GROUP BY contact."CUSTOMER_ID_"
)
SELECT visit.customer_id,
       product.sku,
       product.product_name,
       product.price,
       product.image_url,
       visit.visited_at AS added_at,
       NULL::timestamp AS ordered_at
FROM visits AS visit
CROSS JOIN generate_series(0, 3) AS item
JOIN shop.products AS product ON product.number = 1 + (visit.number + 5 * item) % 12
WHERE item < 2 + visit.number % 3;
