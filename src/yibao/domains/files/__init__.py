"""Files that institutions upload and fetch (文件上传下载): bytes by their digest, each under a number that cannot be guessed."""
