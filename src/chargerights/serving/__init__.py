"""The HTTP and WebSocket server below the application: uvicorn with limits.

The limits for clients make a proxy in front unnecessary.
"""
