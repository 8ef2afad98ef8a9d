"""Who the citizen is, as a card's QR code or an OpenID Connect login says it, and what that fills in."""
