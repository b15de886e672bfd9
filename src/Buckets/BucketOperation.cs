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

    /// <summary><see cref="IBucket.BeginUploadAsync"/>.</summary>
    BeginUpload,

    /// <summary><see cref="IBucket.PutPartAsync"/>.</summary>
    PutPart,

    /// <summary><see cref="IBucket.CompleteUploadAsync"/>.</summary>
    CompleteUpload,

    /// <summary><see cref="IBucket.AbortUploadAsync"/>.</summary>
    AbortUpload,

    /// <summary><see cref="IBucket.CopyAsync"/>.</summary>
    Copy,

    /// <summary><see cref="IBucket.DeleteAsync"/>.</summary>
    Delete,

    /// <summary><see cref="IBucket.DeleteManyAsync"/>.</summary>
    DeleteMany,

    /// <summary><see cref="IBucket.ListAsync"/>.</summary>
    List,
}
