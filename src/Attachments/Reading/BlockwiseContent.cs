using OrthancCloudFs.Attachments.Staging;
using OrthancCloudFs.Buckets;
using OrthancCloudFs.Envelope;

namespace OrthancCloudFs.Attachments.Reading;

/// <summary>
/// An attachment that is too large to be held. Its envelope has one tag, behind the last byte, so all of the object is streamed once and
/// authenticated, keeping a digest of each block; reads then fetch blocks of that very version of the object, compare them with their
/// digests and decrypt them. No byte is released that is not of the object that was authenticated. Plain objects have nothing to
/// authenticate, and are read from the same version throughout.
/// </summary>
internal sealed class BlockwiseContent : CachedContent
{
    /// <summary>Blocks kept at once: enough for a few readers, and for fetching ahead of one.</summary>
    private const int MostSlots = 8;

    private readonly ObjectReader _objects;
    private readonly StagingMemory _memory;
    private readonly IEnvelope? _envelope;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly BlockSlot[] _slots;
    private readonly BlockDigests? _digests;
    private IPiecewiseOpening? _opening;
    private string? _etag;
    private AttachmentException? _failure;
    private long _nextBlock = -1;
    private int _run = 1;
    private long _clock;

    private BlockwiseContent(ObjectReader objects, AttachmentInfo info, IEnvelope? envelope, StagingMemory memory, long reserved)
        : base(info, reserved)
    {
        (_objects, _envelope, _memory) = (objects, envelope, memory);
        _slots = new BlockSlot[SlotsIn(memory)];
        if (envelope is not null)
            _digests = new BlockDigests(info.Length);
    }

    public override StagedContent? Whole => null;

    private int HeaderLength => _envelope?.HeaderLength ?? 0;

    private int TrailerLength => _envelope?.TrailerLength ?? 0;

    private long ObjectLength => HeaderLength + Info.Length + TrailerLength;

    /// <summary>Bytes of staging memory that reading an attachment of that length takes.</summary>
    public static long BytesFor(long length, bool isSealed, StagingMemory memory) =>
        ((long)SlotsIn(memory) * BlockSlot.Length) + (isSealed ? StagingMemory.RoundUp(BlockDigests.BytesFor(length)) : 0);

    /// <summary>Streams the object once and authenticates it; the reservation is owned by what is returned.</summary>
    /// <param name="objects">Where it is.</param>
    /// <param name="info">What was found.</param>
    /// <param name="envelope">What it is sealed in; null for a plain object.</param>
    /// <param name="memory">Where its blocks go.</param>
    /// <param name="reserved">At least <see cref="BytesFor"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="AttachmentException">It does not authenticate, or has changed meanwhile.</exception>
    public static async Task<BlockwiseContent> OpenAsync(
        ObjectReader objects, AttachmentInfo info, IEnvelope? envelope, StagingMemory memory, long reserved, CancellationToken cancellationToken)
    {
        var content = new BlockwiseContent(objects, info, envelope, memory, reserved);
        try
        {
            if (envelope is null)
                await content.ReadAsync(0, new byte[1], cancellationToken).ConfigureAwait(false);
            else
                await content.AuthenticateAsync(envelope, cancellationToken).ConfigureAwait(false);
            return content;
        }
        catch
        {
            content.Free();
            throw;
        }
    }

    public override bool IsOpened => Volatile.Read(ref _failure) is null;

    public override void EnsureOpened()
    {
        if (Volatile.Read(ref _failure) is { } failure)
            throw failure;
    }

    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancellationToken)
    {
        int wanted = (int)Math.Clamp(Info.Length - offset, 0, into.Length);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (int done = 0; done < wanted;)
            {
                (long block, long within) = Math.DivRem(offset + done, BlockSlot.Length);
                BlockSlot slot = Find(block) ?? await FetchAsync(block, cancellationToken).ConfigureAwait(false);
                slot.LastUse = ++_clock;
                done += slot.Read((int)within, into.Span[done..wanted]);
            }
        }
        finally
        {
            _turn.Release();
        }

        return wanted;
    }

    public override void Free()
    {
        foreach (BlockSlot? slot in _slots)
            slot?.Free(_memory);
        _opening?.Dispose();
        _turn.Dispose();
    }

    private static int SlotsIn(StagingMemory memory) => (int)Math.Clamp(memory.Capacity / 4 / BlockSlot.Length, 2, MostSlots);

    private async Task AuthenticateAsync(IEnvelope envelope, CancellationToken cancellationToken)
    {
        using var pass = new AuthenticationPass(Info, envelope, _digests!, SlotAt(0));
        while (!pass.IsComplete)
        {
            var options = new GetOptions(pass.NextRange(), pass.ETag);
            if (!await _objects.GetAsync(Info.Key, options, pass, cancellationToken).ConfigureAwait(false))
                throw Gone();
        }

        _etag = pass.ETag;
        _opening = pass.Finish();
    }

    private BlockSlot? Find(long block) => Array.Find(_slots, slot => slot?.Block == block);

    private BlockSlot SlotAt(int index) => _slots[index] ??= new BlockSlot(_memory);

    /// <summary>Fetches a block, and more of what follows the longer a reader goes on in order.</summary>
    private async Task<BlockSlot> FetchAsync(long block, CancellationToken cancellationToken)
    {
        _run = block == _nextBlock ? Math.Min(_run * 2, _slots.Length - 1) : 1;
        long blocks = (Info.Length + BlockSlot.Length - 1) / BlockSlot.Length;
        BlockSlot[] slots = TakeSlots((int)Math.Min(_run, blocks - block));
        long start = block * BlockSlot.Length;
        long length = Math.Min((long)slots.Length * BlockSlot.Length, Info.Length - start);
        var target = new BlockTarget(Info, ObjectLength, slots, length, _etag);
        try
        {
            var options = new GetOptions(new ByteRange(HeaderLength + start, length), _etag);
            if (!await _objects.GetAsync(Info.Key, options, target, cancellationToken).ConfigureAwait(false))
                throw Gone();
            _etag ??= target.ETag;
            for (int i = 0; i < slots.Length; i++)
                Open(slots[i], block + i, (int)Math.Min(BlockSlot.Length, length - ((long)i * BlockSlot.Length)));
            _nextBlock = block + slots.Length;
            return slots[0];
        }
        catch (Exception e)
        {
            foreach (BlockSlot slot in slots)
                slot.Forget();
            throw Latch(e);
        }
    }

    /// <summary>Verifies what was fetched, and decrypts it.</summary>
    private void Open(BlockSlot slot, long block, int length)
    {
        if (_digests is not null && !_digests.Matches(block, slot, length))
            throw ObjectForm.Unreadable(Info.Key, $"block {block} is not what was authenticated");
        if (_opening is not null)
            slot.Transform(_opening, block * BlockSlot.Length, length);
        slot.Hold(block, length);
    }

    /// <summary>The least recently used ones, and those that hold nothing first.</summary>
    private BlockSlot[] TakeSlots(int count)
    {
        for (int i = 0; i < _slots.Length; i++)
            SlotAt(i);
        BlockSlot[] taken = [.. _slots.OrderBy(static slot => slot.LastUse).Take(count)];
        foreach (BlockSlot slot in taken)
            slot.Forget();
        return taken;
    }

    /// <summary>What shows that the object is another one than was opened ends this content for good.</summary>
    private Exception Latch(Exception e)
    {
        if (e is not (BucketException or AttachmentException))
            return e;
        AttachmentException failure = e as AttachmentException ?? AttachmentException.From((BucketException)e);
        if (failure.Error is AttachmentError.Unreadable || e is BucketException { Kind: BucketErrorKind.Changed })
            Volatile.Write(ref _failure, failure);
        return failure;
    }

    private AttachmentException Gone() =>
        new(AttachmentError.BucketFailure, $"{Info.Key}: the bucket has no such object any more");
}
