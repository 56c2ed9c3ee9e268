"""The HTTP and web socket server below the application: uvicorn, with limits for clients that no proxy holds back."""
