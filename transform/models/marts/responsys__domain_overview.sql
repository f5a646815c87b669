-- One row per e-mail domain.

{{ responsys.engagement(["email_domain"]) }}
