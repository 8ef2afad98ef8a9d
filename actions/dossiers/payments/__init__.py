"""Fees of dossiers: what is owed and why, the transfer reference, what payment providers report, the receipt."""
