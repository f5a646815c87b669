-- One row per e-mail domain and day.

{{ responsys.engagement(["email_domain"], by_day=true) }}
