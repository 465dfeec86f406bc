"""PostgreSQL underneath a home: the connection, the lease of the one writer, the address.

Imported only when a home is named by an address: an embedded home needs none of it.
"""
