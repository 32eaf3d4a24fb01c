"""What every address under /api/ shares: fields, filters, pages, errors, freshness of answers."""
