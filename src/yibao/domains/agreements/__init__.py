"""Agreements with hospitals, pharmacies and physicians (协议管理): applications, signing, life, points, assessment, disclosure."""
