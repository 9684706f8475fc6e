"""The clients that we bring, against the service itself."""
