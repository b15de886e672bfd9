namespace OrthancCloudFs.TestKit.Chaos;

/// <summary>What a <see cref="ChaosBucket"/> does to one request.</summary>
public enum ChaosFault
{
    /// <summary>Nothing: it is served.</summary>
    None,

    /// <summary>503 SlowDown; not done.</summary>
    Unavailable,

    /// <summary>429, with a wish how long to wait; not done.</summary>
    TooManyRequests,

    /// <summary>No answer; not done.</summary>
    Timeout,

    /// <summary>The connection breaks; not done.</summary>
    Reset,

    /// <summary>A body that ends early: a GET delivers its start, anything else is not done.</summary>
    Truncated,

    /// <summary>A GET delivers a flipped bit and does not say so; anything else is refused because of its checksum.</summary>
    WrongChecksum,

    /// <summary>Done, but the answer is lost. Of several deletes, some are done and the others have an error each.</summary>
    LostAnswer,

    /// <summary>Nothing moves for a long time, before or after it is done, and then it is served.</summary>
    Stall,
}
