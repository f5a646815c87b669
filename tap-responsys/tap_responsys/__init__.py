"""Singer tap for Oracle Responsys: the exports of Connect jobs, read from the SFTP file server."""
