"""What a send costs through the gateway and through other proxies, measured side by side in one run."""
