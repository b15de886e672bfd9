using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FuseServer.Abi;

namespace FuseServer.Session;

/// <summary>
/// One request of the kernel, pooled. Its few bytes are copied here, so that the receive buffer is free at once; only the payload of a
/// WRITE stays in the receive buffer, until the handler returns or, when it asks for that, until the answer. Answered exactly once: by the
/// number of the request, a handler that comes late cannot answer the request that uses the object next.
/// </summary>
internal sealed unsafe class FuseRequest : IDisposable
{
    /// <summary>Longer than any request but WRITE and SETXATTR: two names of 255 bytes, or a link target of 4095.</summary>
    public const int ArgumentCapacity = 8192;

    private readonly byte* _arguments = (byte*)NativeMemory.Alloc(ArgumentCapacity);
    private int _argumentLength;
    private byte* _payload;
    private int _payloadLength;
    private Receiver? _receiver;
    private CancellationTokenSource? _cancellation;

    public FuseRequest(FuseChannel channel) => Channel = channel;

    public FuseChannel Channel { get; }

    public InHeader Header { get; private set; }

    /// <summary>Environment.TickCount64 at arrival.</summary>
    public long Arrived { get; private set; }

    /// <summary>The kernel asked to interrupt it; guarded by <see cref="Channel"/>.</summary>
    public bool IsInterrupted { get; set; }

    /// <summary>Its deadline has passed; guarded by <see cref="Channel"/>.</summary>
    public bool IsExpired { get; set; }

    /// <summary>The session answered in the handler's place; guarded by <see cref="Channel"/>.</summary>
    public bool IsAbandoned { get; set; }

    /// <summary>The buffer that the payload keeps until the answer.</summary>
    public ReceiveBuffer? Retained { get; private set; }

    public ReadOnlySpan<byte> Arguments => new(_arguments, _argumentLength);

    public ReadOnlySpan<byte> Payload => new(_payload, _payloadLength);

    /// <summary>Takes a request over from the receive buffer.</summary>
    /// <param name="header">Already validated: its length is that of <paramref name="message"/>.</param>
    /// <param name="message">The whole message.</param>
    /// <param name="payloadOffset">Where a WRITE's payload begins in the message; its end otherwise.</param>
    /// <param name="receiver">Whose buffer holds the message.</param>
    public void Assign(in InHeader header, ReadOnlySpan<byte> message, int payloadOffset, Receiver receiver)
    {
        Header = header;
        Arrived = Environment.TickCount64;
        (IsInterrupted, IsExpired, IsAbandoned) = (false, false, false);
        ReadOnlySpan<byte> arguments = message[sizeof(InHeader)..payloadOffset];
        arguments.CopyTo(new Span<byte>(_arguments, ArgumentCapacity));
        _argumentLength = arguments.Length;
        _payload = receiver.Buffer!.Address + payloadOffset;
        _payloadLength = message.Length - payloadOffset;
        _receiver = receiver;
    }

    /// <summary>A fixed-size argument; zeros where the kernel sent less.</summary>
    public T Argument<T>()
        where T : unmanaged
    {
        T value = default;
        Arguments[..Math.Min(_argumentLength, sizeof(T))].CopyTo(MemoryMarshal.AsBytes(new Span<T>(ref value)));
        return value;
    }

    /// <summary>The NUL-terminated string that begins at an offset, without the NUL.</summary>
    public ReadOnlySpan<byte> Text(int offset)
    {
        ReadOnlySpan<byte> rest = offset < _argumentLength ? Arguments[offset..] : default;
        int end = rest.IndexOf((byte)0);
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>At most so many bytes from an offset.</summary>
    public ReadOnlySpan<byte> Rest(int offset, int length)
    {
        ReadOnlySpan<byte> rest = offset < _argumentLength ? Arguments[offset..] : default;
        return length >= 0 && length < rest.Length ? rest[..length] : rest;
    }

    /// <summary>
    /// Keeps the payload beyond the handler's return: with its buffer when the kernel bounds how many there are, or as a copy. Only on the
    /// reader's thread, before the handler returns.
    /// </summary>
    public void RetainPayload(bool withBuffer)
    {
        if (Retained is not null || _receiver is null)
            return;
        if (withBuffer)
        {
            Retained = _receiver.Detach();
            return;
        }

        ReceiveBuffer copy = Channel.Buffers.RentExactly(Math.Max(1, _payloadLength));
        Payload.CopyTo(new Span<byte>(copy.Address, copy.Length));
        copy.Used = _payloadLength;
        _payload = copy.Address;
        Retained = copy;
    }

    /// <summary>The token, made when it is first asked for; call with the channel's lock held.</summary>
    public CancellationToken GetToken()
    {
        _cancellation ??= new CancellationTokenSource();
        if ((IsInterrupted || IsExpired) && !_cancellation.IsCancellationRequested)
            _cancellation.Cancel();
        return _cancellation.Token;
    }

    /// <summary>The source to cancel, when a handler asked for the token; call with the channel's lock held.</summary>
    public CancellationTokenSource? Cancellation => _cancellation;

    /// <summary>Forgets everything before the object is used again.</summary>
    public void Reset()
    {
        if (Retained is { } buffer)
            Channel.Buffers.Return(buffer);
        Retained = null;
        _receiver = null;
        _payload = null;
        _payloadLength = 0;
        _argumentLength = 0;
        if (_cancellation is { } used && !used.TryReset())
        {
            used.Dispose();
            _cancellation = null;
        }
    }

    public void Dispose() => NativeMemory.Free(_arguments);
}
