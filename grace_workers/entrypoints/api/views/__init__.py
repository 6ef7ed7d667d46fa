"""The API's answers: one document per kind of answer. Renaming a field inside Grace does not change them."""
