using System.Runtime.InteropServices;
using WinFspBinding.Native;

namespace WinFspBinding;

/// <summary>A read. Its buffer is the driver's, and valid until the answer.</summary>
public readonly unsafe struct ReadRequest
{
    private readonly PendingReplies _replies;
    private readonly nint _buffer;

    internal ReadRequest(PendingReplies replies, byte* buffer, ulong offset, uint length) =>
        (_replies, _buffer, Offset, Length) = (replies, (nint)buffer, offset, length);

    /// <summary>Byte position in the file.</summary>
    public ulong Offset { get; }

    /// <summary>Bytes wanted.</summary>
    public uint Length { get; }

    /// <summary>Where they go.</summary>
    public Span<byte> Buffer => new((void*)_buffer, checked((int)Length));

    /// <summary>Answers later, from any thread: to be called before the operation returns <see cref="NtStatus.Pending"/>.</summary>
    /// <returns>Null while the volume is being closed: nothing may be begun that waits.</returns>
    public PendingReply? Defer() => _replies.TryDefer(TransactKind.Read);
}

/// <summary>A write. Its data is the driver's, and valid until the answer.</summary>
public readonly unsafe struct WriteRequest
{
    private readonly PendingReplies _replies;
    private readonly nint _data;
    private readonly int _length;

    internal WriteRequest(PendingReplies replies, byte* data, ulong offset, uint length, bool isAppend, bool isConstrained)
    {
        (_replies, _data, _length) = (replies, (nint)data, checked((int)length));
        (Offset, IsAppend, IsConstrained) = (offset, isAppend, isConstrained);
    }

    /// <summary>Byte position in the file; without meaning when <see cref="IsAppend"/>.</summary>
    public ulong Offset { get; }

    /// <summary>The data goes to the end of the file, wherever that is.</summary>
    public bool IsAppend { get; }

    /// <summary>The file must not become longer: the part behind its end is not written (paging I/O).</summary>
    public bool IsConstrained { get; }

    /// <summary>What to write.</summary>
    public ReadOnlySpan<byte> Data => new((void*)_data, _length);

    /// <inheritdoc cref="ReadRequest.Defer"/>
    public PendingReply? Defer() => _replies.TryDefer(TransactKind.Write);
}

/// <summary>A listing. Its buffer is the driver's, and valid until the answer.</summary>
public readonly unsafe struct ReadDirectoryRequest
{
    private readonly PendingReplies _replies;
    private readonly nint _buffer;
    private readonly uint _length;
    private readonly nint _marker;

    internal ReadDirectoryRequest(PendingReplies replies, byte* buffer, uint length, char* marker) =>
        (_replies, _buffer, _length, _marker) = (replies, (nint)buffer, length, (nint)marker);

    /// <summary>The last name that the caller has; null from the start on. To be copied before an operation is deferred.</summary>
    public string? Marker => Marshal.PtrToStringUni(_marker);

    /// <summary>Where entries go.</summary>
    public ListingWriter CreateWriter() => new(_buffer, _length);

    /// <inheritdoc cref="ReadRequest.Defer"/>
    public PendingReply? Defer() => _replies.TryDefer(TransactKind.QueryDirectory);
}

/// <summary>Puts entries into the buffer of a <see cref="ReadDirectoryRequest"/>.</summary>
public unsafe struct ListingWriter
{
    private readonly nint _buffer;
    private readonly uint _length;
    private uint _transferred;

    internal ListingWriter(nint buffer, uint length) => (_buffer, _length) = (buffer, length);

    /// <summary>Bytes so far.</summary>
    public readonly uint Transferred => _transferred;

    /// <summary>Appends an entry; false when it does not fit any more.</summary>
    /// <exception cref="ArgumentException">The name is longer than 255 units.</exception>
    public bool TryAdd(ReadOnlySpan<char> name, in FileInformation information)
    {
        if (name.Length > 255)
            throw new ArgumentException($"a name of {name.Length} units", nameof(name));
        int size = DirectoryInformation.NameOffset + (name.Length * sizeof(char));
        byte* entry = stackalloc byte[DirectoryInformation.NameOffset + (255 * sizeof(char))];
        *(DirectoryInformation*)entry = new DirectoryInformation { Size = (ushort)size, FileInformation = information };
        name.CopyTo(new Span<char>(entry + DirectoryInformation.NameOffset, name.Length));
        return Append((DirectoryInformation*)entry);
    }

    /// <summary>Nothing follows. Without it the caller asks again.</summary>
    public void End() => Append(null);

    private bool Append(DirectoryInformation* entry)
    {
        uint transferred = _transferred;
        bool hasRoom = NativeMethods.FspFileSystemAddDirInfo(entry, (byte*)_buffer, _length, &transferred) != 0;
        _transferred = transferred;
        return hasRoom;
    }
}
