using System.Security.Cryptography;
using OrthancCloudFs.Attachments.Layout;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments;

/// <summary>Tries every right that a mount needs on one small sealed object that is no attachment.</summary>
public sealed class BucketProbe(IBucket bucket, KeyLayout layout, ObjectForm form)
{
    private const int Length = 1024;

    private readonly string _key = $"{layout.Prefix}.orthanc-cloudfs-probe-{Guid.NewGuid():N}";

    /// <summary>Lists the first key below the root path.</summary>
    /// <exception cref="BucketException">It is not allowed, or the bucket cannot be reached.</exception>
    public Task ListAsync(CancellationToken cancellationToken) =>
        NamingTheBucketAsync(() => bucket.ListAsync(layout.Prefix, null, null, 1, cancellationToken));

    /// <summary>Puts an object, reads it back, compares, opens it, and deletes it.</summary>
    /// <exception cref="BucketException">One of these is not allowed, or what came back differs.</exception>
    public Task PutGetDeleteAsync(CancellationToken cancellationToken) => NamingTheBucketAsync(() => TryObjectAsync(cancellationToken));

    private async Task TryObjectAsync(CancellationToken cancellationToken)
    {
        using var memory = new StagingMemory(StagingMemory.PageSize);
        using var content = new StagedContent(memory);
        content.Write(0, RandomNumberGenerator.GetBytes(Length));
        byte[] header = new byte[form.Envelope.HeaderLength];
        byte[] trailer = new byte[form.Envelope.TrailerLength];
        form.Envelope.Seal(content.GetSegments(), header, trailer);
        var stored = new SealedObject(header, content, trailer);
        await bucket.PutAsync(_key, stored, new PutOptions(IfAbsent: true), cancellationToken).ConfigureAwait(false);
        try
        {
            byte[]? read = await ObjectHeader.ReadAsync(bucket, _key, (int)stored.Length, cancellationToken).ConfigureAwait(false);
            byte[] expected = new byte[stored.Length];
            using (Stream stream = stored.OpenRead())
                stream.ReadExactly(expected);
            if (read is null || !read.AsSpan().SequenceEqual(expected))
                throw new BucketException(BucketErrorKind.ChecksumMismatch, $"get {_key}: what was put does not come back");
        }
        finally
        {
            await bucket.DeleteAsync(_key, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The probe is the first to meet a wrong name or address, so its failures say which bucket they speak of.</summary>
    private async Task NamingTheBucketAsync(Func<Task> request)
    {
        try
        {
            await request().ConfigureAwait(false);
        }
        catch (BucketException e)
        {
            throw new BucketException(e.Kind, $"{bucket.Description}: {e.Message}", e);
        }
    }
}
