using System.Security.Cryptography;
using OrthancCloudFs.Buckets;

namespace OrthancCloudFs.Attachments.Commit;

/// <summary>
/// Finds out whether the bucket has the very object of a request that ended without a clear answer: by its header, which is unique to each
/// object ever made; a plain one, which has none, by its whole content.
/// </summary>
/// <param name="bucket">Who is asked.</param>
/// <param name="patience">How long that may take; <see cref="LeastReadPerSecond"/> for what has to be read besides.</param>
internal sealed class OutcomeCheck(IBucket bucket, TimeSpan patience)
{
    /// <summary>Bytes; a plain object that comes slower than this is not waited for.</summary>
    private const double LeastReadPerSecond = 8 << 20;

    /// <summary>
    /// True when the end of an operation leaves open whether it was done. False when the provider refused the first and only attempt, or
    /// when nothing was asked of it at all.
    /// </summary>
    public static bool IsUnclear(Exception end) => end switch
    {
        AttachmentException => false,
        BucketException failure => failure.IsTransient || failure.AfterRetry,
        _ => true,
    };

    /// <summary>True when the bucket has it, false when it has none, or another one.</summary>
    /// <param name="end">How the request ended.</param>
    /// <param name="key">Where it was put.</param>
    /// <param name="header">Its first bytes; empty for a plain object.</param>
    /// <param name="length">All its bytes.</param>
    /// <param name="hash">The SHA-256 of all of them, asked for only of a plain object.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <exception cref="BucketException">The bucket does not say, and the outcome stays open.</exception>
    public async Task<bool> IsStoredAsync(
        Exception end, string key, ReadOnlyMemory<byte> header, long length, Func<byte[]> hash, CancellationToken cancellationToken)
    {
        TimeSpan limit = header.IsEmpty ? patience + TimeSpan.FromSeconds(length / LeastReadPerSecond) : patience;
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(limit);
        try
        {
            return header.IsEmpty
                ? await HasContentAsync(key, length, hash, bounded.Token).ConfigureAwait(false)
                : await ObjectHeader
                    .HasOneOfAsync([ObjectHeader.Fingerprint(header.Span)], bucket, key, header.Length, bounded.Token).ConfigureAwait(false) is true;
        }
        catch (BucketException e)
        {
            throw Open(end, e.Kind, e.Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Open(end, BucketErrorKind.Timeout, $"{key}: no answer within {limit.TotalSeconds:0} s", e);
        }
    }

    /// <summary>Of the kind that the request itself ended with, if that says more than that there is some object.</summary>
    private static BucketException Open(Exception end, BucketErrorKind kind, string reason, Exception cause)
    {
        if (end is BucketException { Kind: not BucketErrorKind.AlreadyExists } failure)
            kind = failure.Kind;
        return new BucketException(kind, $"{end.Message}; and whether it was stored is not known: {reason}", cause) { AfterRetry = true };
    }

    private async Task<bool> HasContentAsync(string key, long length, Func<byte[]> hash, CancellationToken cancellationToken)
    {
        // Mostly there is none, or another one: no need to read that.
        if ((await bucket.HeadAsync(key, cancellationToken).ConfigureAwait(false))?.Length != length)
            return false;
        using var target = new HashingTarget();
        return await bucket.GetAsync(key, default, target, cancellationToken).ConfigureAwait(false)
            && target.Received == length
            && target.GetHash().AsSpan().SequenceEqual(hash());
    }

    private sealed class HashingTarget : IDownloadTarget, IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[] _buffer = new byte[64 << 10];

        public long Received { get; private set; }

        public ValueTask BeginAsync(ObjectInfo info, long length, CancellationToken cancellationToken)
        {
            _hash.GetHashAndReset();
            Received = 0;
            return ValueTask.CompletedTask;
        }

        public Memory<byte> GetBuffer() => _buffer;

        public void Advance(int count)
        {
            _hash.AppendData(_buffer.AsSpan(0, count));
            Received += count;
        }

        public byte[] GetHash() => _hash.GetCurrentHash();

        public void Dispose() => _hash.Dispose();
    }
}
