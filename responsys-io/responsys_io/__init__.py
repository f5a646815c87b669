"""Oracle Responsys from Python: the file server over SFTP and the REST API."""
