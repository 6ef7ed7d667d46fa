"""What every room builds on: ids, time, errors, catalogs, documents, canonical bytes. It knows no room."""
