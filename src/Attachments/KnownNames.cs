namespace OrthancCloudFs.Attachments;

/// <summary>
/// Which attachments may exist, of all that the bucket listed when it was opened and all that were stored since: a name that is not in here
/// does not exist, and nobody has to ask the bucket. It takes four bytes for each name (a part of its UUID), so that about one name in 2^32 per
/// 65536 names is taken for a known one by mistake, and asked for. Thread-safe.
/// </summary>
internal sealed class KnownNames
{
    private const int Folders = 1 << 16;
    private const int FirstLength = 4;

    private readonly Lock _lock = new();
    private readonly uint[]?[] _parts = new uint[Folders][];
    private readonly int[] _counts = new int[Folders];
    private readonly long _mostBytes;
    private long _bytes;
    private bool _isListed;
    private bool _isTooMany;

    /// <param name="mostBytes">Of memory; with more names than that, it says nothing any more.</param>
    public KnownNames(long mostBytes)
    {
        _mostBytes = mostBytes;
        _bytes = Folders * (long)(IntPtr.Size + sizeof(int));
    }

    /// <summary>Bytes of memory in use.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>True when there are more names than memory for them.</summary>
    public bool IsTooMany
    {
        get
        {
            lock (_lock)
                return _isTooMany;
        }
    }

    /// <summary>Adds a name.</summary>
    public void Add(AttachmentId id)
    {
        (int folder, uint part) = Split(id);
        lock (_lock)
        {
            if (_isTooMany || Contains(folder, part))
                return;
            uint[] parts = _parts[folder] ??= Allocate(FirstLength);
            int count = _counts[folder];
            if (count == parts.Length)
            {
                Array.Resize(ref parts, count + Math.Max(FirstLength, count / 4));
                _parts[folder] = parts;
                _bytes += (parts.Length - count) * (long)sizeof(uint);
            }

            parts[count] = part;
            _counts[folder] = count + 1;
            if (_bytes > _mostBytes)
                GiveUp();
        }
    }

    /// <summary>Every name that the bucket has was added.</summary>
    public void Listed()
    {
        lock (_lock)
            _isListed = true;
    }

    /// <summary>True when the name was added, or, hardly ever, one that is taken for it.</summary>
    public bool Includes(AttachmentId id)
    {
        (int folder, uint part) = Split(id);
        lock (_lock)
            return Contains(folder, part);
    }

    /// <summary>True when there is surely no attachment of that name.</summary>
    public bool Excludes(AttachmentId id)
    {
        (int folder, uint part) = Split(id);
        lock (_lock)
            return _isListed && !_isTooMany && !Contains(folder, part);
    }

    private static (int Folder, uint Part) Split(AttachmentId id)
    {
        ulong low = id.ToInodeNumber();
        return ((id.Directory.FirstByte << 8) | id.Directory.SecondByte, (uint)low);
    }

    private bool Contains(int folder, uint part) => _parts[folder].AsSpan(0, _counts[folder]).Contains(part);

    private uint[] Allocate(int length)
    {
        _bytes += (2 * IntPtr.Size) + (length * (long)sizeof(uint));
        return new uint[length];
    }

    private void GiveUp()
    {
        _isTooMany = true;
        Array.Clear(_parts);
        Array.Clear(_counts);
        _bytes = Folders * (long)(IntPtr.Size + sizeof(int));
    }
}
