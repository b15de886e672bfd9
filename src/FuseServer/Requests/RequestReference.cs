using FuseServer.Session;

namespace FuseServer;

/// <summary>Any request; what all of them have in common is in <see cref="FuseRequestExtensions"/>.</summary>
public interface IFuseRequest
{
    /// <summary>The request this struct stands for.</summary>
    RequestReference Reference { get; }
}

/// <summary>
/// A request by its pooled object and its unique number. The number tells a stale reference from the object's next use:
/// an answer through a stale reference is dropped, reading through one throws.
/// </summary>
public readonly struct RequestReference : IEquatable<RequestReference>
{
    private readonly FuseRequest _request;

    internal RequestReference(FuseRequest request)
    {
        _request = request;
        Unique = request.Unique;
    }

    /// <summary>The kernel's number of the request; never used twice on one mount.</summary>
    public ulong Unique { get; }

    /// <summary>The pooled object.</summary>
    /// <exception cref="InvalidOperationException">The request has been answered.</exception>
    internal FuseRequest Request
    {
        get
        {
            _request.ThrowIfAnswered(Unique);
            return _request;
        }
    }

    internal bool IsInterrupted => _request.IsInterrupted(Unique);

    internal CancellationToken CancellationToken => _request.GetCancellationToken(Unique);

    internal void Fail(Errno error) => _request.Fail(Unique, error);

    internal bool Reply() => _request.Reply(Unique, ReadOnlySpan<byte>.Empty);

    internal bool Reply(ReadOnlySpan<byte> body) => _request.Reply(Unique, body);

    internal bool Reply<T>(in T body) where T : unmanaged => _request.Reply(Unique, in body);

    internal void Reply(ReadOnlySpan<ReadOnlyMemory<byte>> segments) => _request.Reply(Unique, segments);

    internal bool Reply(DirectoryBuffer buffer) => _request.Reply(Unique, buffer.Written);

    /// <inheritdoc/>
    public bool Equals(RequestReference other) => ReferenceEquals(_request, other._request) && Unique == other.Unique;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RequestReference other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Unique.GetHashCode();

    public static bool operator ==(RequestReference left, RequestReference right) => left.Equals(right);

    public static bool operator !=(RequestReference left, RequestReference right) => !left.Equals(right);
}

/// <summary>What every request offers. Everything but the answer itself may be used only until the answer.</summary>
public static class FuseRequestExtensions
{
    extension<T>(T request) where T : struct, IFuseRequest
    {
        /// <summary>The node asked about; for operations on a name, the directory that holds it.</summary>
        public ulong NodeId => request.Reference.Request.NodeId;

        /// <summary>The kernel's number of the request.</summary>
        public ulong Unique => request.Reference.Unique;

        /// <summary>The caller's user; 0 for requests that the kernel sends on its own account.</summary>
        public uint UserId => request.Reference.Request.UserId;

        public uint GroupId => request.Reference.Request.GroupId;

        public uint ProcessId => request.Reference.Request.ProcessId;

        /// <summary>
        /// Cancelled when the caller was interrupted or the operation's deadline has passed. Created when first asked for,
        /// the one allocation that a request can cost. Requests that the kernel sends on behalf of its page cache are never interrupted.
        /// </summary>
        public CancellationToken CancellationToken => request.Reference.CancellationToken;

        /// <summary>Tells why <see cref="CancellationToken"/> was cancelled: interrupted (answer EINTR), else late (ETIMEDOUT).</summary>
        public bool IsInterrupted => request.Reference.IsInterrupted;

        /// <summary>Answers with an error.</summary>
        public void Fail(Errno error) => request.Reference.Fail(error);
    }
}
