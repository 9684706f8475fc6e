"""What tests are built with: people, databases, settings, processes. Asserts nothing itself."""
