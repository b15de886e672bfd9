namespace OrthancCloudFs.Buckets;

/// <summary>How <see cref="RetryingBucket"/> retries.</summary>
public sealed record RetryOptions
{
    /// <summary>Attempts after the first. Zero: none.</summary>
    public int MaxRetries { get; init; } = 10;

    /// <summary>For one operation with all attempts and waits.</summary>
    public TimeSpan TotalTimeout { get; init; } = TimeSpan.FromSeconds(1200);

    /// <summary>Median wait before the second attempt; doubled for each further one, with jitter.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest wait of ours between two attempts. A provider's Retry-After may be longer.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(20);
}
