enum IdentityInsightsClientTestsPlaceholder {}
