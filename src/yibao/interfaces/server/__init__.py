"""The process: settings, the database it talks to, the WSGI application and the URLs of all doors."""
