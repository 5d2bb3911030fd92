# liquid_peer.rb render|both TEMPLATE DATA SECONDS [PARTIALS]: as bench_liquid, for Ruby's Liquid.
require "json"
require "liquid"

mode, file, data_file, seconds, partials = ARGV
source = File.read(file, encoding: "UTF-8")
data = JSON.parse(File.read(data_file, encoding: "UTF-8"))
if partials
  files = Object.new
  files.define_singleton_method(:read_template_file) { |name| File.read(File.join(partials, name)) }
  Liquid::Template.file_system = files
end
now = -> { Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID) }
template = Liquid::Template.parse(source)
done = 0
out = ""
start = now.()
while now.() - start < seconds.to_f
  20.times do
    template = Liquid::Template.parse(source) if mode == "both"
    out = template.render(data)
  end
  done += 20
end
puts "#{(done / (now.() - start)).round} #{out.bytesize}"
