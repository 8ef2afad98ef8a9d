"""An outside one-stop information system in place of the embedded registry: contract, HTTP client, state mapping,
events and reconciliation. Off unless `ISEE_ONESTOP_URL` is set. See `docs/dossiers/adapter.md`."""
