"""Electronic prescriptions (电子处方): written, signed, reviewed, circulated, dispensed; and what is told about them."""
