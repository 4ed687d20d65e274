"""What residents can do, one module per family of intents."""
