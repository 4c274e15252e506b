"""Monitoring: new and changed observations for scripts that run repeatedly or continuously."""
