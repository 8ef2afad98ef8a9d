"""The manager's pages: figures by period and filter, charts, exports."""
