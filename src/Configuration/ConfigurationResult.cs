namespace OrthancCloudFs.Configuration;

/// <summary>What was read from Orthanc's configuration.</summary>
/// <param name="Settings">Complete, checked settings.</param>
/// <param name="Warnings">One line each, in the order in which they were found; none contains a secret.</param>
public sealed record ConfigurationResult(CloudFsSettings Settings, IReadOnlyList<string> Warnings);
