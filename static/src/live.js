// Only on pages where something goes on while the reader waits: htmx reads the page's own hx- attributes.
// Without it the same page refreshes itself, and every form still works.
import 'htmx.org'
