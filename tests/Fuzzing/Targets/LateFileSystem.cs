using FuseServer;

namespace OrthancCloudFs.Fuzzing.Targets;

/// <summary>Keeps reads, writes and listings, with their data, and answers them in the end: others may be interrupted meanwhile.</summary>
internal sealed class LateFileSystem : FuseFileSystem
{
    private readonly List<Action> _answers = [];

    public override void Write(WriteRequest request)
    {
        _ = request.CancellationToken;
        request.RetainData();
        _answers.Add(() => request.Reply(request.Data.Length));
    }

    public override void Read(ReadRequest request) => _answers.Add(() => request.Reply([new byte[Math.Min(request.Size, 100)], new byte[1]]));

    public override void ReadDirectory(ReadDirectoryRequest request)
    {
        DirectoryBuffer buffer = request.CreateBuffer();
        _answers.Add(() =>
        {
            while (buffer.TryAdd("name"u8, 2, 0x8000, request.Offset + 1))
                _ = request.WithAttributes;
            request.Reply(buffer);
        });
    }

    public override void Lookup(LookupRequest request) => _answers.Add(() => request.ReplyNegative(TimeSpan.FromSeconds(request.Name.Length)));

    public override void SetExtendedAttribute(SetExtendedAttributeRequest request) => _answers.Add(() =>
        request.Fail(request.Name.Length + request.Value.Length > 2 ? Errno.ENOSPC : Errno.None));

    public void AnswerAll()
    {
        foreach (Action answer in _answers)
            answer();
    }
}
