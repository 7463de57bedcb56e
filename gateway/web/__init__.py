"""The client for URLs of apps and sinks: bounded in time and size, follows no redirects, keeps no cookies."""
