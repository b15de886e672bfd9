namespace FuseServer.Tests.Support;

/// <summary>A mount on a directory of its own, gone after the test.</summary>
internal sealed class TestMount : IAsyncDisposable
{
    public static readonly FuseOptions DefaultOptions = new() { FileSystemName = "fuseservertest", AllowOther = true };

    private TestMount(string directory, FuseSession session)
    {
        Directory = directory;
        Session = session;
    }

    public string Directory { get; }

    public FuseSession Session { get; }

    public static TestMount Create(FuseFileSystem fileSystem, FuseOptions? options = null)
    {
        string directory = System.IO.Directory.CreateTempSubdirectory("fuseserver-").FullName;
        return new TestMount(directory, FuseSession.Mount(directory, fileSystem, options ?? DefaultOptions));
    }

    public string PathOf(string name) => Path.Combine(Directory, name);

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        System.IO.Directory.Delete(Directory);
    }
}
