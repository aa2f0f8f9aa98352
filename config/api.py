"""The API's root: routes, schema and how a refusal is answered."""
