namespace OrthancCloudFs.Buckets;

/// <summary>The kinds of request that a bucket answers, for counting, logging and fault injection.</summary>
public enum BucketOperation
{
    /// <summary><see cref="IBucket.HeadAsync"/>.</summary>
    Head,

    /// <summary><see cref="IBucket.GetAsync"/>.</summary>
    Get,

    /// <summary><see cref="IBucket.PutAsync"/>.</summary>
    Put,

    /// <summary><see cref="IBucket.DeleteAsync"/>.</summary>
    Delete,

    /// <summary><see cref="IBucket.ListAsync"/>.</summary>
    List,
}
