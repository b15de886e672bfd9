using System.Security.Cryptography;
using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Envelope;

namespace OrthancCloudFs.Attachments.Commit;

/// <summary>
/// An attachment that is sealed and uploaded in parts while it still arrives, so that its size does not matter to the staging memory.
/// Nothing is to be seen of it before <see cref="CompleteAsync"/>.
/// </summary>
internal sealed class StreamedUpload
{
    private readonly AttachmentWriter _writer;
    private readonly IPartSink _sink;
    private readonly ISealing _sealing;
    private readonly int _trailerLength;
    private readonly PartPlan _plan;
    private readonly Action<Exception> _failed;
    private readonly ObjectSummary _what;

    /// <summary>Of all that was sent, where no header tells the object from others.</summary>
    private readonly IncrementalHash? _hash;
    private readonly List<Task> _parts = [];
    private readonly Task _run;
    private long _offset;
    private int _started;
    private int _partsUnderWay;

    /// <param name="writer">Where the content comes from, and to whom the memory goes back.</param>
    /// <param name="sinkOf">Where it goes.</param>
    /// <param name="key">The object.</param>
    /// <param name="envelope">What it is sealed in.</param>
    /// <param name="plan">How it is cut.</param>
    /// <param name="failed">Told once or more what ended it early.</param>
    public StreamedUpload(
        AttachmentWriter writer,
        Func<ObjectSummary, IPartSink> sinkOf,
        string key,
        IEnvelope envelope,
        PartPlan plan,
        Action<Exception> failed)
    {
        (_writer, _plan, _failed, _trailerLength) = (writer, plan, failed, envelope.TrailerLength);
        byte[] header = new byte[envelope.HeaderLength];
        _sealing = envelope.StartSealing(header);
        _what = new ObjectSummary(writer.Id, key, header);
        _sink = sinkOf(_what);
        if (header.Length == 0)
            _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        _run = Task.Run(RunAsync);
    }

    /// <summary>The object.</summary>
    public string Key => _what.Key;

    /// <summary>The number of the part that is being filled.</summary>
    public int NextPart => Volatile.Read(ref _started) + 1;

    /// <summary>Parts on their way now.</summary>
    public int PartsUnderWay => Volatile.Read(ref _partsUnderWay);

    /// <summary>Ends, never with an exception, when no part uses staging memory any more.</summary>
    public async Task StoppedAsync() => await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Makes the object; to be called when the writer has everything and gives no more.</summary>
    /// <exception cref="BucketException">It was not stored, or that is not known; then it is seen to that it is not.</exception>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await _run.ConfigureAwait(false);
        try
        {
            ObjectSummary whole = _what with { Length = _offset, ContentLength = _writer.Length, Sha256 = _hash?.GetCurrentHash() };
            await _sink.CompleteAsync(whole, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _sink.GiveUp();
            throw;
        }
    }

    private async Task RunAsync()
    {
        var backlog = new SealedBacklog();
        try
        {
            using (_sealing)
            {
                await _sink.BeginAsync(_writer.Aborted).ConfigureAwait(false);
                await PutAllAsync(backlog).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            _failed(e);
            _writer.ReturnPages(backlog.Take(backlog.Length).Pages);
            _sink.GiveUp();
            _writer.UploadFailed();
            throw;
        }
    }

    private async Task PutAllAsync(SealedBacklog backlog)
    {
        using var slots = new SemaphoreSlim(_plan.Parallel);
        try
        {
            backlog.Add(_what.Header);
            while (await _writer.NextPageAsync().ConfigureAwait(false) is var (page, length))
            {
                Memory<byte> content = page.Memory[..length];
                backlog.Add(content, page);
                _sealing.Seal(content.Span);
                _hash?.AppendData(content.Span);

                // One page more than a part: so the last part, which comes after all pages, is never empty.
                long wanted = _plan.BytesOf(_parts.Count + 1);
                if (backlog.Length >= wanted + StagingMemory.PageSize)
                    await StartPartAsync(backlog, _plan.EndsAnywhere ? backlog.Length - backlog.LastLength : wanted, slots).ConfigureAwait(false);
            }

            byte[] trailer = new byte[_trailerLength];
            _sealing.Finish(trailer);
            backlog.Add(trailer);
            await StartPartAsync(backlog, backlog.Length, slots).ConfigureAwait(false);
            await Task.WhenAll(_parts).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _failed(e);
            throw;
        }
        finally
        {
            foreach (Task part in _parts)
                await part.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StartPartAsync(SealedBacklog backlog, long length, SemaphoreSlim slots)
    {
        await slots.WaitAsync(_writer.Aborted).ConfigureAwait(false);
        var place = new PartPlace(_parts.Count + 1, _offset, IsLast: length == backlog.Length);
        SealedPart part = backlog.Take(length);
        Interlocked.Increment(ref _partsUnderWay);
        Interlocked.Increment(ref _started);
        _offset += length;
        _parts.Add(Task.Run(() => PutPartAsync(place, part, slots)));
    }

    private async Task PutPartAsync(PartPlace place, SealedPart part, SemaphoreSlim slots)
    {
        try
        {
            await _sink.PutAsync(place, part, _writer.Aborted).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _failed(e);
            throw;
        }
        finally
        {
            // In this order: who sees that no part is under way finds the room that they made.
            _writer.ReturnPages(part.Pages);
            Interlocked.Decrement(ref _partsUnderWay);
            slots.Release();
        }
    }
}
