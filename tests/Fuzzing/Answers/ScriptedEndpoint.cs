using System.Text;

namespace OrthancCloudFs.Fuzzing.Answers;

/// <summary>
/// An HTTP endpoint in memory that gives prepared answers, one to each connection in turn, whatever it is asked; when there is none left,
/// connections are refused. An answer is what follows <c>HTTP/1.1 </c>: its status, headers and body as bytes, right or wrong.
/// </summary>
internal sealed class ScriptedEndpoint
{
    private readonly Queue<byte[]> _answers = new();
    private readonly Lock _lock = new();

    /// <summary>What the next connections get.</summary>
    public void Prepare(IEnumerable<byte[]> answers)
    {
        lock (_lock)
        {
            _answers.Clear();
            foreach (byte[] answer in answers)
                _answers.Enqueue(answer);
        }
    }

    public ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _answers.TryDequeue(out byte[]? answer)
                ? ValueTask.FromResult<Stream>(new Connection(answer))
                : throw new IOException("there are no more answers");
        }
    }

    /// <summary>Takes any request, and delivers one answer and the end.</summary>
    private sealed class Connection(byte[] answer) : Stream
    {
        private static readonly byte[] Version = Encoding.ASCII.GetBytes("HTTP/1.1 ");

        private readonly MemoryStream _bytes = new([.. Version, .. answer], writable: false);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => _bytes.Read(buffer, offset, count);

        public override int Read(Span<byte> buffer) => _bytes.Read(buffer);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(_bytes.Read(buffer.Span));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            Task.FromResult(_bytes.Read(buffer, offset, count));

        public override void Write(byte[] buffer, int offset, int count)
        {
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.CompletedTask;

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
