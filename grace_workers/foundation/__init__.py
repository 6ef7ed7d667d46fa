"""What every room stands on: ids, time, errors, catalogs, documents, canonical bytes. Knows no room."""
