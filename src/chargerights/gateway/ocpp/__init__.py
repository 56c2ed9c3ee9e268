"""OCPP as a language: frames, schemas, and the words of each version."""
