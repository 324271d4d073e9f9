"""The lists that institutions download (目录下载), release by release, and how an institution's own items match them (目录对照)."""
