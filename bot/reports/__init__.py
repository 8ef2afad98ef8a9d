"""What the manager steers by: daily counts without personal data, figures made of them, a forecast, exports."""
