"""The foundation: small languages (jaxpr, kernel), their values, and how programs are traced."""
