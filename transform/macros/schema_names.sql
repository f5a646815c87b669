{# Schemas are called what they are configured as, without the profile's schema before it: tap-postgres reads `audiences`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
