"""The words that everything else uses: money, ratios, periods, working days, identity, divisions, errors."""
