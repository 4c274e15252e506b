"""Monitoring: new and changed observations for scripts that run again and again."""
