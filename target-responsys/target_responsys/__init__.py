"""Singer target for Oracle Responsys: audiences into supplemental tables, by REST or as CSV by SFTP."""
